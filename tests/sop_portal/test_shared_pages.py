"""Pages and mails everybody shares: sign-in, problems, the mail's frame."""

import gzip

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.template import Context, Template
from django.template.loader import render_to_string


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("403.html", "This is not yours to change"),
        ("403_csrf.html", "The page had gone stale"),
        ("404.html", "There is nothing at this address"),
        ("500.html", "Something went wrong here"),
    ],
)
def test_problem_pages_say_what_to_do_and_lead_back(name, words, rf):
    html = render_to_string(name, {"request": rf.get("/")})
    assert f"<h1>{words}</h1>" in html
    assert 'href="/"' in html
    assert "style=" not in html


def test_the_403_page_repeats_the_reason_given(rf):
    html = render_to_string("403.html", {"request": rf.get("/"), "exception": "Only <Dan> signs demand."})
    assert "Only &lt;Dan&gt; signs demand." in html


def test_a_problem_can_be_told_in_own_words(rf):
    told = {"problem_title": "The file is too large", "problem_detail": "At most 20 MB.", "problem_code": "413"}
    html = render_to_string("problem.html", told | {"request": rf.get("/")})
    assert "<h1>The file is too large</h1>" in html
    assert "At most 20 MB." in html


def test_the_500_page_needs_no_context():
    assert "it has been written to the log" in render_to_string("500.html")


def test_sign_in_keeps_what_was_typed_and_offers_the_demonstration(rf):
    form = AuthenticationForm(data={"username": "linda", "password": ""})
    form.errors["__all__"] = form.error_class(["Wrong name or password."])
    person = {"role": "Sales rep", "username": "linda", "password": "demo"}
    html = render_to_string(
        "registration/login.html", {"request": rf.get("/"), "form": form, "demo_sign_ins": [person]}
    )
    assert 'value="linda"' in html
    assert "Wrong name or password." in html
    assert 'data-fill-username="linda"' in html
    assert 'type="password" autocomplete="current-password"' in html


def mail(kind, **context):
    source = f'{{% extends "emails/base.{kind}" %}}{{% block content %}}{{{{ words }}}}{{% endblock %}}'
    return Template(source).render(Context(context))


def test_mails_escape_in_html_and_stay_plain_in_text():
    assert "Valve &lt;40&gt; &amp; seal" in mail("html", words="Valve <40> & seal")
    assert "Valve <40> & seal" in mail("txt", words="Valve <40> & seal")


def test_mails_name_company_and_cycle_and_stay_small():
    html = mail("html", company_name="Adventure Works", cycle_name="November 2026", words="")
    assert "Adventure Works · November 2026" in html
    assert len(html.encode()) < 5_000
    assert "<img" not in html


@pytest.mark.django_db
def test_pages_travel_compressed(client):
    plain = client.get("/login/")
    packed = client.get("/login/", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert b"<h1" in gzip.decompress(packed.content)
