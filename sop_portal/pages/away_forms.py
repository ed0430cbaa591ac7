"""What may be typed on the page of absences; the rules are in the service."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from masterdata.models import Person
from masterdata.roles import SALES_ROLES
from masterdata.selectors.people import sales_people
from sop_portal.pages.people_forms import PersonChoice, offer

NOBODY = "nobody: the lines go in as they stand"


class AwayForm(forms.Form):
    person = PersonChoice(Person.objects.none(), label="Who", empty_label=None)
    first = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))
    substitute = PersonChoice(Person.objects.none(), required=False, label="Who enters meanwhile", empty_label=NOBODY)

    def __init__(self, may: list[Person], person: Person, today: date, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"person": person.pk, "first": today, "last": today})
        everybody = Person.objects.select_related("user").order_by("user__first_name", "user__username")
        offer(self, "person", everybody.filter(pk__in=[each.pk for each in may]))
        bosses = {each.reports_to_id for each in may if each.role in SALES_ROLES and each.reports_to_id}
        ids = {*sales_people().values_list("pk", flat=True), *bosses}
        offer(self, "substitute", everybody.filter(pk__in=ids, user__is_active=True))
        if not any(each.role in SALES_ROLES for each in may):
            del self.fields["substitute"]
