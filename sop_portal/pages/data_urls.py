"""Addresses of the data and people pages."""

from django.urls import path

from sop_portal.pages import data, people, pulls, set_up, webhooks

urlpatterns = [
    path("welcome/<uidb64>/<token>/", set_up.Welcome.as_view(), name="welcome"),
    path("set-up/", set_up.set_up_page, name="set-up"),
    path("set-up/company/", set_up.set_up_company, name="set-up-company"),
    path("set-up/invitations/", set_up.set_up_invite, name="set-up-invite"),
    path("set-up/cycle/", set_up.set_up_cycle, name="set-up-cycle"),
    path("set-up/baseline/", set_up.set_up_baseline, name="set-up-baseline"),
    path("set-up/demonstration/", set_up.set_up_remove, name="set-up-remove"),
    path("data/", data.data_page, name="data"),
    path("data/uploads/", data.upload, name="upload-send"),
    path("data/uploads/<str:token>/", data.upload_page, name="upload"),
    path("data/uploads/<str:token>/load/", data.upload_load_page, name="upload-load"),
    path("data/uploads/<str:token>/faults.csv", data.upload_errors, name="upload-errors"),
    path("data/uploads/<str:token>/files/<int:number>/", data.upload_layout, name="upload-layout"),
    path("data/uploads/<str:token>/files/<int:number>/faults.xlsx", data.upload_marked, name="upload-marked"),
    path("data/templates/<str:file>.xlsx", data.file_template, name="file-template"),
    path("data/imports/<int:pk>/", data.import_run_page, name="import-run"),
    path("data/imports/<int:pk>/undo/", data.import_undo_page, name="import-undo"),
    path("data/pulls/", pulls.pulls_page, name="pulls"),
    path("data/pulls/<int:pk>/stop/", pulls.pull_stop_page, name="pull-stop"),
    path("data/pulls/<int:pk>/now/", pulls.pull_now_page, name="pull-now"),
    path("people/", people.people_page, name="people"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/hand-over/", people.hand_over, name="hand-over"),
    path("people/keys/", people.make_key, name="key-make"),
    path("people/keys/<int:pk>/revoke/", people.revoke_key, name="key-revoke"),
    path("webhooks/", webhooks.webhooks_page, name="webhooks"),
    path("webhooks/<int:pk>/stop/", webhooks.webhook_stop_page, name="webhook-stop"),
    path("webhooks/deliveries/<int:pk>/again/", webhooks.delivery_again_page, name="delivery-again"),
]
