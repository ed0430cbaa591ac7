"""What a key may do."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from masterdata.models import ApiKey, Person
from masterdata.selectors import person_of


class HasScope(BasePermission):
    """A key needs the view's scope; a signed-in person may do what their role may."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        writes = request.method not in SAFE_METHODS
        scope = getattr(view, "write_scope" if writes else "scope", None)
        if scope is None:
            return False
        self.message = f"This key lacks the scope {scope}."
        return scope in request.auth.scopes if isinstance(request.auth, ApiKey) else bool(request.user.is_authenticated)


def asker(request: Request) -> Person:
    """Who asks: the person of the key, which has been read already, or whoever is signed in."""
    return request.auth.person if isinstance(request.auth, ApiKey) else person_of(request.user)
