"""Who takes part: parties and their roles. Coaches and clients carry duties; sponsors and supervisors may see."""

from enum import StrEnum
from functools import lru_cache

from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.model.value import Accepts, Ident, Name, value

__all__ = ["Actor", "Party", "Role", "actor_of", "role_named"]


class Role(StrEnum):
    """What a party is in an engagement."""

    COACH = "coach"
    CLIENT = "client"
    SPONSOR = "sponsor"
    SUPERVISOR = "supervisor"

    @property
    def counterpart(self) -> "Role":
        """The role on the other side: the coach's is the client, everybody else's the coach."""
        return Role.CLIENT if self is Role.COACH else Role.COACH


def role_named(name: object) -> Role:
    """A role by its name, such as "coach". Raises NotValid role.unknown with the nearest."""
    if isinstance(name, str) and name in tuple(Role):
        return Role(name)
    raise NotValid("role.unknown", f"{shown(name)} is not a role", did_you_mean(name, map(str, Role)), path="role")


@value
class Party:
    """A person (or a team) in an engagement.

    id: unique in the engagement, and free of personal facts where what is stored may outlive the person. name: as shown.
    role_word: what reports in the agreement's language call the party's role, where that language has several forms, such as
    `kliente` for a woman in Latvian.
    """

    id: Ident
    name: Name
    role: Accepts[Role, Role | str]
    role_word: Name | None = None


@value
class Actor:
    """Who did something, and in which role."""

    party: Ident
    role: Accepts[Role, Role | str]

    def __str__(self) -> str:
        return f"{self.role} {self.party}"


@lru_cache(maxsize=1024)
def actor_of(party: str, role: str) -> Actor:
    """An actor; the same object each time, since commands and replays name the same few again and again."""
    return Actor(party=party, role=role)
