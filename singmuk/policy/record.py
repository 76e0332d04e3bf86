"""The record that a policy on generative AI is, field by field, in the order of the PCPD's Checklist."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from singmuk.lang import Record, Text, Words
from singmuk.scenario import Id

Rule = Literal["allow", "ask", "deny"]
Answer = Literal["allow", "anonymise", "ask", "deny"]
Kind = Literal["public", "licensed", "in-house"]
Days = Annotated[int, Field(ge=0, le=3650)]


class Tool(Record):
    """A tool that may be used (C1a)."""

    id: Id
    kind: Kind = Field(description="Publicly available, licensed by the organisation, or built in house")
    name: Text
    approved: date
    review_by: date = Field(description="When the approval must be looked at again")
    learns: bool = Field(description="Whether its provider may train models on what goes in")
    note: Text | None = Field(None, description="What one must know before using it")


class Purpose(Record):
    """Something that one might want to do with a tool, and whether one may (C1b)."""

    id: Id
    rule: Rule
    text: Text


class Scope(Record):
    """Whom the policy binds (C1c)."""

    text: Text
    contractors: bool
    interns: bool
    volunteers: bool


class Information(Record):
    """One class of information and what may go into each kind of tool (C2a)."""

    means: Text = Field(description="Examples, in the organisation's own words")
    public: Answer
    licensed: Answer
    in_house: Answer
    amount: Text | None = Field(None, description="How much at most")
    waiver: Text | None = Field(None, description="Why personal data may go into a public tool as it is, and whose say")


class Inputs(Record):
    """The classes of information, from the most open to the most delicate (C2a)."""

    public: Information
    internal: Information
    confidential: Information
    personal: Information
    sensitive: Information


class Outputs(Record):
    """What may be done with outputs, where they are kept and for how long (C2b to C2d)."""

    use: Text
    store: Text
    keep_days: Days = Field(description="How long drafts and outputs are kept")
    chat_days: Days = Field(description="How long chats stay in the tool")


class Link(Record):
    """Another policy that goes with this one (C2e)."""

    id: Id
    title: Text
    covers: Text
    where: Text


class Check(Record):
    """What is verified, and how (C3b)."""

    when: Text
    how: Text


class Bias(Record):
    """What to do about biased or discriminatory output (C3c)."""

    text: Text
    contact: Id


class Label(Record):
    """Whether one sort of output carries a label or watermark (C3d)."""

    what: Text
    label: Literal["required", "optional"]
    how: Text | None = Field(None, description="The words of the label, or how to add it")


class Devices(Record):
    """Devices from which tools may be reached (C4a)."""

    company: Rule
    own: Rule
    shared: Rule = Field(description="Computers that others use too, such as those of a café or a family")


class User(Record):
    """A group of people and whether they may use the tools (C4b)."""

    who: Text
    rule: Literal["allow", "after-training", "deny"]


class Credentials(Record):
    """How one signs in (C4c)."""

    second_factor: Literal["required", "where-offered"]
    shared: Literal["allow", "deny"]


class Settings(Record):
    """Security settings of the tools (C4d): what staff may leave switched on."""

    training: Rule
    history: Rule
    plug_ins: Rule
    share_links: Rule


class Incident(Record):
    """Whom to tell when something went wrong, and within which time (C4e)."""

    contact: Id
    otherwise: Id | None = Field(None, description="The contact when the first one does not answer")
    hours: int = Field(ge=1, le=72, description="The time within which to tell")
    say: Text
    plan: Id = Field(description="The link to the AI incident response plan")


class Consequence(Record):
    """What follows from what (C5)."""

    case: Text
    follows: Text


class Announce(Record):
    """How the policy and its changes are made known (C6a)."""

    where: Text
    changes: Text


class Training(Record):
    """Training and resources (C6b)."""

    text: Text
    before_use: bool
    every_months: int = Field(ge=1, le=60)


class Support(Record):
    """Who helps, and what with (C6c)."""

    contact: Id
    text: Text


class Feedback(Record):
    """Where a suggestion goes, and when an answer comes (C6d)."""

    contact: Id
    text: Text
    days: int = Field(ge=1, le=365)


class Contact(Record):
    """A role and how to reach it; never a person, since people change and the page stays."""

    id: Id
    role: Text
    does: Text
    channel: Text


class Policy(Record):
    """The file policy.yml: what the Checklist asks an organisation to decide, decided."""

    example: bool = Field(description="true until the organisation has made the policy its own")
    version: Words
    organisation: Text
    approved: date
    review_by: date
    owner: Id = Field(description="The contact who keeps the policy")
    tools: tuple[Tool, ...]
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    scope: Scope
    inputs: Inputs
    outputs: Outputs
    links: tuple[Link, ...] = Field(min_length=1)
    verify: tuple[Check, ...] = Field(min_length=1)
    bias: Bias
    labels: tuple[Label, ...] = Field(min_length=1)
    devices: Devices
    users: tuple[User, ...] = Field(min_length=1)
    credentials: Credentials
    settings: Settings
    incident: Incident
    consequences: tuple[Consequence, ...] = Field(min_length=1)
    announce: Announce
    training: Training
    support: Support
    feedback: Feedback
    contacts: tuple[Contact, ...] = Field(min_length=1)

    def contact(self, name: str) -> Contact:
        """Return the contact whose id is *name*."""
        return next(contact for contact in self.contacts if contact.id == name)
