"""Addresses of the pages everybody looks at together."""

from django.urls import path

from kpis.views import accuracy, dashboard, data_quality, executive, feedback, forecast, measures, supply_kept

app_name = "kpis"

urlpatterns = [
    path("executive/", executive.executive, name="executive"),
    path("dashboard/", dashboard.dashboard_page, name="dashboard"),
    path("dashboard/input/", data_quality.data_quality_page, name="data-quality"),
    path("dashboard/<str:code>/", measures.measure, name="measure"),
    path("dashboard/<str:code>/lines/", measures.lines, name="measure-lines"),
    path("dashboard/<str:code>/target/", measures.target, name="measure-target"),
    path("accuracy/", accuracy.accuracy, name="accuracy"),
    path("accuracy/panel/", accuracy.panel, name="accuracy-panel"),
    path("supply/kept/", supply_kept.supply_kept, name="supply-kept"),
    path("feedback/", feedback.own, name="feedback"),
    path("feedback/<str:username>/", feedback.of, name="feedback-of"),
    path("lesson/", feedback.own_lesson, name="lesson"),
    path("forecast/", forecast.forecast, name="forecast"),
]
