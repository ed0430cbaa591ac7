"""Addresses of the data and people pages."""

from django.urls import path

from sop_portal.pages import data, people

urlpatterns = [
    path("data/", data.data_page, name="data"),
    path("data/uploads/", data.upload, name="upload-send"),
    path("data/uploads/<str:token>/", data.upload_page, name="upload"),
    path("data/uploads/<str:token>/load/", data.upload_load_page, name="upload-load"),
    path("data/uploads/<str:token>/faults.csv", data.upload_errors, name="upload-errors"),
    path("people/", people.people_page, name="people"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/hand-over/", people.hand_over, name="hand-over"),
    path("people/keys/<int:pk>/revoke/", people.revoke_key, name="key-revoke"),
]
