"""Addresses of supply."""

from django.urls import path

from supply.views import family, gaps, inputs, news, plan_change, resource, review, scenarios

app_name = "supply"

urlpatterns = [
    path("", review.review, name="review"),
    path("build/", review.build, name="build"),
    path("sign/", review.sign, name="sign"),
    path("return/", review.send_back, name="return"),
    path("recommended/", gaps.recommended, name="recommended"),
    path("gap/<int:pk>/", gaps.gap, name="gap"),
    path("gap/<int:pk>/choose/", gaps.choose, name="gap-choose"),
    path("gap/<int:pk>/clear/", gaps.clear, name="gap-clear"),
    path("gap/<int:pk>/escalate/", gaps.escalate, name="gap-escalate"),
    path("scenarios/", scenarios.scenarios, name="scenarios"),
    path("scenarios/new/", scenarios.new, name="scenario-new"),
    path("scenarios/release/", scenarios.release, name="scenario-release"),
    path("scenarios/<int:pk>/again/", scenarios.again, name="scenario-again"),
    path("scenarios/<int:pk>/remove/", scenarios.remove, name="scenario-remove"),
    path("scenarios/<int:pk>/choose/", scenarios.choose, name="scenario-choose"),
    path("inputs/<str:sheet>/", inputs.inputs, name="inputs"),
    path("inputs/<str:sheet>/save/", inputs.save, name="inputs-save"),
    path("plan-change/", plan_change.plan_change, name="plan-change"),
    path("families/", family.families, name="families"),
    path("family/<str:code>/", family.family, name="family"),
    path("resource/<str:code>/", resource.resource, name="resource"),
    path("resource/<str:code>/capacity/", resource.capacity, name="capacity"),
    path("news/", news.supply_news, name="news"),
    path("promised/<str:username>/", news.promised, name="promised"),
    path("news/<int:line>/<str:month>/", news.instead, name="alternatives"),
]
