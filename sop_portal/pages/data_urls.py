"""Addresses of the data and people pages."""

from django.urls import path

from sop_portal.pages import data, people, webhooks

urlpatterns = [
    path("data/", data.data_page, name="data"),
    path("data/uploads/", data.upload, name="upload-send"),
    path("data/uploads/<str:token>/", data.upload_page, name="upload"),
    path("data/uploads/<str:token>/load/", data.upload_load_page, name="upload-load"),
    path("data/uploads/<str:token>/faults.csv", data.upload_errors, name="upload-errors"),
    path("people/", people.people_page, name="people"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/hand-over/", people.hand_over, name="hand-over"),
    path("people/keys/", people.make_key, name="key-make"),
    path("people/keys/<int:pk>/revoke/", people.revoke_key, name="key-revoke"),
    path("webhooks/", webhooks.webhooks_page, name="webhooks"),
    path("webhooks/<int:pk>/stop/", webhooks.webhook_stop_page, name="webhook-stop"),
    path("webhooks/deliveries/<int:pk>/again/", webhooks.delivery_again_page, name="delivery-again"),
]
