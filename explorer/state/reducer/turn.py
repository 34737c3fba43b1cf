"""One call of the reducer: the state as it changes, and the requests that it makes.

Used by the slices of `state/reducer`; seen from outside, `reduce` stays pure. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from explorer.engine.data_messages import CollectTaught, FetchData, OpenData, ReadTaught
from explorer.engine.inside_messages import Attribute, WriteWalk
from explorer.engine.lesson_messages import ReadLesson, TakeLessonWeights, WriteLesson
from explorer.engine.messages import (
    MAIN_COLUMN,
    BuildModel,
    Cancel,
    ClassifyMany,
    Event,
    FetchWeights,
    ReadWeights,
    Request,
    SaveWeights,
)
from explorer.engine.picture_messages import FetchPicture, LoadPictures
from explorer.engine.sample_messages import (
    Embed,
    Excite,
    FitProbes,
    FlowGradients,
    MeasureCost,
    MeterSample,
    PoolSample,
    SweepLesions,
    TestLesions,
)
from explorer.engine.study_messages import RunStudy, WriteStudyReport
from explorer.engine.training_messages import FindRate, ResumeTraining, Train
from explorer.state.model import AppState, Notice, NoticeAction, Work

SHOWN_WORK: tuple[type[Request], ...] = (
    BuildModel,
    FetchWeights,
    FetchPicture,
    LoadPictures,
    ClassifyMany,
    ReadWeights,
    SaveWeights,
    OpenData,
    FetchData,
    CollectTaught,
    ReadTaught,
    Train,
    ResumeTraining,
    FindRate,
    Attribute,
    FlowGradients,
    SweepLesions,
    TestLesions,
    PoolSample,
    FitProbes,
    Embed,
    Excite,
    MeasureCost,
    MeterSample,
    WriteWalk,
    ReadLesson,
    WriteLesson,
    TakeLessonWeights,
    RunStudy,
    WriteStudyReport,
)
"""Requests that take long enough for the status bar to speak of them."""

MAX_NOTICES, MAX_INFOS = 20, 3
"""The oldest go. What only informs goes sooner; with a button it is an offer, which stays."""


class Turn:
    """What one message does.

    Attributes:
        state: As it is so far.
        requests: To be sent, in order.
    """

    def __init__(self, state: AppState) -> None:
        self.state = state
        self.requests: list[Request] = []

    def change(self, **fields: Any) -> None:
        """Replace fields of the state."""
        self.state = replace(self.state, **fields)

    def ask(self, kind: type[Request], /, **fields: Any) -> None:
        """Make a request with the next ticket and remember it as the newest of its subject."""
        state = self.state
        request = kind(ticket=state.next_ticket, **fields)
        place = (kind.__name__, request.subject)
        replaced = state.tickets.get(place) if request.replaces else None
        work = tuple(item for item in state.work if item.ticket != replaced)
        if kind in SHOWN_WORK:
            work = (*work, Work(request.ticket, kind.__name__, name=_name(request)))
        tickets = MappingProxyType({**state.tickets, place: request.ticket})
        self.change(next_ticket=state.next_ticket + 1, tickets=tickets, work=work)
        self.requests.append(request)

    def progress(self, ticket: int, share: float | None) -> None:
        """Say how much of a ticket's work is done: 0 to 1, None where unknown."""
        work = tuple(
            replace(item, share=share) if item.ticket == ticket else item for item in self.state.work
        )
        self.change(work=work)

    def cancel(self, ticket: int) -> None:
        """Ask that a ticket's work stops."""
        self.requests.append(Cancel(ticket=self.state.next_ticket, cancelled=ticket))
        self.change(next_ticket=self.state.next_ticket + 1)

    def drop(self, *kinds: type[Request], column: str = MAIN_COLUMN) -> None:
        """Stop what is under way of some kinds in a column, and take no answer to them any more."""
        places = {(kind.__name__, column) for kind in kinds}
        dropped = {ticket for place, ticket in self.state.tickets.items() if place in places}
        if not dropped:
            return
        for item in self.state.work:
            if item.ticket in dropped:
                self.cancel(item.ticket)
        tickets = {place: ticket for place, ticket in self.state.tickets.items() if place not in places}
        work = tuple(item for item in self.state.work if item.ticket not in dropped)
        self.change(tickets=MappingProxyType(tickets), work=work)

    def is_newest(self, event: Event, kind: type[Request], subject: Hashable = ()) -> bool:
        """Whether an event answers the newest request of a kind and subject."""
        return self.state.tickets.get((kind.__name__, subject)) == event.ticket

    def answered(self, offered: object) -> None:
        """Take away the notices that offer an action: it happens."""
        kept = [
            notice
            for notice in self.state.notices
            if not any(each.action == offered for each in notice.actions)
        ]
        if len(kept) < len(self.state.notices):
            self.change(notices=tuple(kept))

    def notify(
        self,
        severity: str,
        message: str,
        hint: str = "",
        *,
        arguments: tuple[tuple[str, object], ...] = (),
        actions: tuple[NoticeAction, ...] = (),
        detail: str = "",
    ) -> None:
        """Add a notice. One that says the same as another takes its place, as the newest."""
        state = self.state
        said = (message, arguments)
        others = tuple(item for item in state.notices if (item.message, item.arguments) != said)
        notice = Notice(state.next_ticket, severity, message, hint, arguments, actions, detail)  # type: ignore[arg-type]
        all_of_it = (*others, notice)
        infos = [item.notice_id for item in all_of_it if item.severity == "info" and not item.actions]
        gone = frozenset(infos[:-MAX_INFOS])
        kept = tuple(item for item in all_of_it if item.notice_id not in gone)
        self.change(notices=kept[-MAX_NOTICES:], next_ticket=state.next_ticket + 1)


def _name(request: Request) -> str:
    if isinstance(request, FetchWeights | FetchData | CollectTaught):
        return request.name
    if isinstance(request, OpenData | Train | FindRate):
        return PurePath(request.data).name
    if isinstance(request, ReadLesson):
        return PurePath(request.source).name
    if isinstance(request, ReadWeights | SaveWeights | WriteLesson | TakeLessonWeights):
        return PurePath(request.path).name
    return request.address if isinstance(request, FetchPicture) else ""
