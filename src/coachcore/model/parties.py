"""Who takes part: parties and their roles. Coaches and clients carry duties; sponsors and supervisors may see."""

from enum import StrEnum

from coachcore.model.value import Ident, Name, value

__all__ = ["Actor", "Party", "Role"]


class Role(StrEnum):
    """What a party is in an engagement."""

    COACH = "coach"
    CLIENT = "client"
    SPONSOR = "sponsor"
    SUPERVISOR = "supervisor"

    @property
    def counterpart(self) -> "Role":
        """The role on the other side of the books: the coach's is the client, everybody else's the coach."""
        return Role.CLIENT if self is Role.COACH else Role.COACH


@value
class Party:
    """A person (or a team) in an engagement.

    id: unique in the engagement, and free of personal facts where the books may outlive the person. name: as shown.
    """

    id: Ident
    name: Name
    role: Role


@value
class Actor:
    """Who did something, and in which role."""

    party: Ident
    role: Role

    def __str__(self) -> str:
        return f"{self.role} {self.party}"
