"""Addresses of the demand rooms."""

from django.urls import URLPattern, path

from demand.views import calls, events, finance, goals, review, review_grid, rule, sheet, team, why

app_name = "demand"
urlpatterns: list[URLPattern] = [
    # sales
    path("sheet/", sheet.my_sheet, name="sheet"),
    path("sheet/save/", sheet.sheet_save, name="sheet-save"),
    path("sheet/parts/", sheet.sheet_parts, name="sheet-parts"),
    path("sheet/lock/", sheet.sheet_lock, name="sheet-lock"),
    path("sheet/submit/", sheet.sheet_submit, name="sheet-submit"),
    path("sheet/withdraw/", sheet.sheet_withdraw, name="sheet-withdraw"),
    path("sheet/new-line/", sheet.new_line, name="new-line"),
    path("sheet/tell/", sheet.tell_operations, name="tell-operations"),
    path("sheet/<str:username>/", sheet.sheet_of, name="sheet-of"),
    path("orders/", calls.orders, name="orders"),
    path("orders/<str:kind>/<int:pk>/", calls.call, name="call"),
    path("team/", team.team, name="team"),
    path("team/accept/", team.accept, name="team-accept"),
    path("team/adjust/", team.adjust, name="team-adjust"),
    path("team/undo/", team.undo, name="team-undo"),
    path("team/nudge/", team.nudge, name="team-nudge"),
    path("team/goal/", goals.propose, name="goal-propose"),
    path("team/goal/withdraw/", goals.withdraw, name="goal-withdraw"),
    path("team/goal/<int:pk>/", goals.answer, name="goal-answer"),
    path("why/<int:line>/<str:month>/", why.why_number, name="why"),
    path("why/<int:line>/<str:month>/note/", why.note, name="note"),
    path("why/<int:line>/<str:month>/ask/", why.ask, name="ask"),
    path("names/", why.names, name="names"),
    path("questions/<int:pk>/answer/", why.answer, name="answer"),
    # planning
    path("demand/", review.demand_review, name="review"),
    path("demand/line/<int:line>/", review.line, name="review-line"),
    path("demand/lines/", review_grid.lines, name="review-lines"),
    path("demand/lines/save/", review_grid.save, name="review-save"),
    path("demand/lines/lock/", review_grid.lock, name="review-lines-lock"),
    path("demand/lock/", review.lock, name="review-lock"),
    path("demand/take/", review.take, name="take"),
    path("demand/type/", review.type_total, name="type"),
    path("demand/bulk/", review.bulk, name="bulk"),
    path("demand/undo/", review.undo, name="undo"),
    path("demand/assume/", review.assume, name="assume"),
    path("demand/assumptions/<int:pk>/", review.assumption_state, name="assumption"),
    path("demand/sign/", review.sign, name="sign"),
    path("demand/rule/", rule.rule, name="rule"),
    path("demand/rule/choose/", rule.choose, name="rule-choose"),
    path("events/", events.events, name="events"),
    path("events/add/", events.event_add, name="event-add"),
    path("events/advice/", events.event_advice, name="event-advice"),
    path("events/copy/", events.copy_last_year, name="events-copy"),
    path("events/<int:pk>/cancel/", events.cancel, name="event-cancel"),
    path("finance/", finance.finance, name="finance"),
    path("finance/budget/", finance.budget, name="budget"),
    path("finance/price/", finance.price, name="price"),
    path("finance/rate/", finance.rate, name="rate"),
]
