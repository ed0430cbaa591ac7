"""What may be typed on the people pages; the rules are in the services."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from masterdata.models import Customer, Person
from masterdata.roles import SALES_ROLES, Role
from masterdata.services.keys import SCOPES
from masterdata.services.people import Place


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Person) -> str:
        return f"{obj.name} ({obj.department})" if obj.department else obj.name


def _people() -> QuerySet[Person]:
    return Person.objects.select_related("user").order_by("user__first_name", "user__username")


def offer(form: forms.Form, name: str, choices: QuerySet[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = choices


SCOPE_WORDS = {
    "forecast:read": "Read the forecast, every stage",
    "cycles:read": "Read cycles, steps and participation",
    "meetings:read": "Read meetings, decisions, actions and risks",
    "kpis:read": "Read measures and accuracy",
    "data:read": "Read master data, actuals, orders, stock and budget",
    "data:write": "Push actuals, orders, stock, budget and events",
    "masterdata:write": "Push products, customers, families, regions and rates",
}


class KeyForm(forms.Form):
    """A key of a program, in the name of a person whose rights it has within its scopes."""

    person = PersonChoice(Person.objects.none(), empty_label="choose")
    name = forms.CharField(max_length=80)
    scopes = forms.MultipleChoiceField(choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES])
    days = forms.IntegerField(min_value=1, max_value=3650, initial=365)

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        offer(self, "person", _people().filter(user__is_active=True))


class PlaceForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
    reports_to = PersonChoice(Person.objects.none(), required=False, empty_label="nobody (the CEO)")
    deputy = PersonChoice(Person.objects.none(), required=False, empty_label="nobody")
    is_active = forms.BooleanField(required=False, label="May sign in")

    def __init__(self, person: Person, data: Mapping[str, Any] | None = None) -> None:
        initial = {
            "role": person.role,
            "reports_to": person.reports_to_id,
            "deputy": person.deputy_id,
            "is_active": person.user.is_active,
        }
        super().__init__(data, initial=initial)
        for name in ("reports_to", "deputy"):
            offer(self, name, _people().exclude(pk=person.pk))

    def place(self) -> Place:
        given = self.cleaned_data
        manager, deputy = given["reports_to"], given["deputy"]
        return Place(given["role"], manager and manager.pk, deputy and deputy.pk, given["is_active"])


class HandOverForm(forms.Form):
    customers = forms.ModelMultipleChoiceField(
        Customer.objects.none(), error_messages={"required": "Choose at least one customer."}
    )
    to = PersonChoice(Person.objects.none(), empty_label="choose a person in Sales")
    on = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    running = forms.BooleanField(required=False, label="Also in the running cycle")

    def __init__(self, owner: Person, data: Mapping[str, Any] | None = None, **initial: Any) -> None:
        super().__init__(data, initial=initial)
        offer(self, "customers", Customer.objects.filter(owner=owner))
        offer(self, "to", _people().filter(role__in=SALES_ROLES, user__is_active=True).exclude(pk=owner.pk))

    def customer_ids(self) -> list[int]:
        return [customer.pk for customer in self.cleaned_data["customers"]]

    def chosen(self) -> set[str]:
        """The customers ticked in what was sent, to tick them again."""
        return set(self["customers"].value() or ()) if self.is_bound else set()
