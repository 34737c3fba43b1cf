"""What the columns say of pictures, out of the state, and how their agreement is put into words.

Called by the answers section of the comparison. NumPy through `present`; of Qt the translation only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from explorer.arch.align import STEM_SHARE, stops
from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import LoadedPicture
from explorer.present.agreement import Camp, Difference, Said, Track, Voice, camps, partings
from explorer.ui.views.compare_columns import titles
from explorer.ui.widgets.chart_data import ChartData, Mark, Series, Span, Tick

if TYPE_CHECKING:
    from explorer.state.compare import Column, ColumnState
    from explorer.state.model import AppState

_MOST_NAMED = 3
"""More networks of which the same is said are counted."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a column's linear probes say of the current picture.

    Attributes:
        track: Their likeliest classes along the way.
        keys: The block behind each.
        classes: What they tell apart.
        by_class: The probability of each class behind each block.
    """

    track: Track
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    by_class: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Heard:
    """All that the columns say.

    Attributes:
        names: Of the columns, for people.
        voices: Their answers; of untrained networks no classes are known, so that nothing compares with them.
        probed: Their probes on the current picture; None where they have none.
        trained: Whether each has learned something.
        current: The current picture; None without one.
        pictures: All that were read, in order.
    """

    names: tuple[str, ...]
    voices: tuple[Voice, ...]
    probed: tuple[Probed | None, ...]
    trained: tuple[bool, ...]
    current: LoadedPicture | None
    pictures: tuple[LoadedPicture, ...]

    @property
    def image_ids(self) -> tuple[int, ...]:
        """The numbers of all pictures."""
        return tuple(picture.image_id for picture in self.pictures)


def _tr(words: str) -> str:
    return QCoreApplication.translate("AnswersSection", words)


def heard_in(state: AppState) -> Heard:
    """What the columns of a state say."""
    columns = state.document.columns
    living = [state.compare.columns.get(column.name) for column in columns]
    current = state.pictures.loaded(state.pictures.current)
    image_id = None if current is None else current.image_id
    return Heard(
        names=titles(columns, state.runs.rows),
        voices=tuple(map(_voice, living)),
        probed=tuple(_probed(column, state, image_id) for column, state in zip(columns, living, strict=True)),
        trained=tuple(map(_is_trained, living)),
        current=current,
        pictures=tuple(item for item in state.pictures.items if isinstance(item, LoadedPicture)),
    )


def _is_trained(living: ColumnState | None) -> bool:
    return living is not None and living.origin is not None and living.origin.is_trained


def _voice(living: ColumnState | None) -> Voice:
    if living is None:
        return Voice(frozenset(), {})
    firsts = {
        image_id: Said(answer.predictions[0].label, answer.predictions[0].probability)
        for image_id, answer in living.answers.items()
        if answer.predictions
    }
    return Voice(frozenset(living.classes) if _is_trained(living) else frozenset(), firsts)


def shares_of(spec: ArchitectureSpec) -> dict[str, float]:
    """Where the way through each block ends, by the block's key and by that of its last node."""
    graph = expand(spec)
    ends = [stop for stop in stops(graph) if stop.block is not None]
    return {
        key: stop.share
        for stop, block in zip(ends, graph.blocks, strict=True)
        for key in (stop.key, block.key)
    }


def _probed(column: Column, living: ColumnState | None, image_id: int | None) -> Probed | None:
    if living is None or living.decided is None or living.probes is None or image_id is None:
        return None
    decided, classes = living.decided, living.probes.classes
    rows = decided.probabilities
    shares = shares_of(column.spec)
    known = [place for place, key in enumerate(decided.keys) if key in shares]
    if decided.image_id != image_id or not known or rows.shape[1] != len(classes):
        return None
    known.sort(key=lambda place: shares[decided.keys[place]])
    firsts = tuple(classes[int(rows[place].argmax())] for place in known)
    keys = tuple(decided.keys[place] for place in known)
    by_class = {name: tuple(rows[known, label].tolist()) for label, name in enumerate(classes)}
    return Probed(Track(tuple(shares[key] for key in keys), firsts), keys, classes, by_class)


# The way


def classes_of(heard: Heard) -> tuple[str, ...]:
    """The classes whose probability can be followed, in the order of the networks."""
    found = (name for probed in heard.probed if probed is not None for name in probed.classes)
    return tuple(dict.fromkeys(found))


def followed(heard: Heard) -> str:
    """The class that is followed where the user has chosen none: what most say; empty where nothing is."""
    known = classes_of(heard)
    groups = camps(heard.voices, heard.current.image_id) if heard.current is not None else ()
    said = [camp.label for group in groups for camp in group if camp.label in known]
    ends = [probed.track.labels[-1] for probed in heard.probed if probed is not None]
    return next(iter((*said, *ends)), "")


def together(heard: Heard) -> tuple[Track, ...]:
    """The tracks that are compared: those of the classes that most probes tell apart."""
    groups: dict[frozenset[str], list[Track]] = {}
    for probed in heard.probed:
        if probed is not None:
            groups.setdefault(frozenset(probed.classes), []).append(probed.track)
    most: list[Track] = max(groups.values(), key=len, default=[])
    return tuple(most)


def chart_of(heard: Heard, label: str, share: float) -> ChartData:
    """The probability of a class by relative depth, of all columns.

    Args:
        heard: What they say.
        label: The class.
        share: Where the slider stands.
    """
    series = []
    for place, (name, probed) in enumerate(zip(heard.names, heard.probed, strict=True)):
        values = probed.by_class.get(label) if probed is not None else None
        if probed is None or values is None:
            continue
        at, said, labels = probed.track.shares, values, probed.keys
        answer = _answered(heard, place, label)
        if answer is not None:
            at, said, labels = (*at, 1.0), (*said, answer), (*labels, "logits")
        series.append(Series(name, at, said, labels, ink=place))
    parts = partings(together(heard), STEM_SHARE)
    marks = (Mark(parts[0][0], _tr("first disagreement")),) if parts else ()
    return ChartData(
        _tr("Probability of {label} by relative depth").format(label=label)
        if label
        else _tr("Probability by relative depth"),
        tuple(series),
        unit="percent",
        ticks=_ticks(),
        bounds=(0.0, 1.0),
        reach=(0.0, 1.0),
        spans=tuple(Span(*part) for part in parts),
        marks=(Mark(share), *marks) if series else (),
    )


def _ticks() -> tuple[Tick, ...]:
    return (
        Tick(0.0, "0 %", _tr("input")),
        Tick(0.25, "25 %"),
        Tick(0.5, "50 %"),
        Tick(0.75, "75 %"),
        Tick(1.0, "100 %", _tr("logits")),
    )


def _answered(heard: Heard, place: int, label: str) -> float | None:
    """What the network itself makes of a class, where it is its first."""
    if heard.current is None or label not in heard.voices[place].classes:
        return None
    said = heard.voices[place].answers.get(heard.current.image_id)
    return said.probability if said is not None and said.label == label else None


# In words


def agreement_text(heard: Heard) -> str:
    """Who says what of the current picture, in a sentence for each set of classes."""
    if heard.current is None:
        return _tr("Drop a picture to see whether the networks agree.")
    groups = camps(heard.voices, heard.current.image_id)
    said = [_group_text(heard, group) for group in groups]
    silent = [
        name
        for name, voice, is_trained in zip(heard.names, heard.voices, heard.trained, strict=True)
        if is_trained and heard.current.image_id not in voice.answers
    ]
    untrained = [name for name, is_trained in zip(heard.names, heard.trained, strict=True) if not is_trained]
    if len(groups) > 1:
        said.append(_tr("Networks that know other classes are not compared."))
    if silent:
        said.append(_tr("No answer yet: {networks}.").format(networks=_few(silent)))
    if untrained:
        said.append(_tr("Not trained, so not compared: {networks}.").format(networks=_few(untrained)))
    return " ".join(said)


def _group_text(heard: Heard, group: tuple[Camp, ...]) -> str:
    first, *others = group
    n_all = sum(len(camp.members) for camp in group)
    if n_all == 1:
        return f"{_camp_text(heard, first, n_all)}."
    if not others:
        said = _tr("All {count} say {label}, up to {share}.")
        return said.format(count=n_all, label=first.label, share=_percent(first.probability))
    return f"{'; '.join(_camp_text(heard, camp, n_all) for camp in group)}."


def _camp_text(heard: Heard, camp: Camp, n_all: int) -> str:
    names = [heard.names[place] for place in camp.members]
    if len(names) == 1:
        said = _tr("{network} says {label}, {share}")
        return said.format(network=names[0], label=camp.label, share=_percent(camp.probability))
    some = _tr("{count} of {all}").format(count=len(names), all=n_all)
    who = _listed(names) if len(names) <= _MOST_NAMED else some
    said = _tr("{networks} say {label}, up to {share}")
    return said.format(networks=who, label=camp.label, share=_percent(camp.probability))


def way_text(heard: Heard) -> str:
    """Where on the way the probes part, in a sentence; empty without probes."""
    tracks = together(heard)
    without = [name for name, probed in zip(heard.names, heard.probed, strict=True) if probed is None]
    note = ""
    if without and tracks:
        note = " " + _tr("No probes: {networks}.").format(networks=_few(without))
    if len(tracks) < 2:
        return note.strip() if tracks else ""
    parts = partings(tracks, STEM_SHARE)
    if not parts:
        return _tr("The probes agree from the first block to the last.") + note
    first, last = parts[0][0], parts[-1][1]
    later = _tr("after {share} of the way").format(share=_percent(first))
    where = _tr("in the first block") if first <= STEM_SHARE else later
    end = max(track.shares[-1] for track in tracks)
    again = _tr("agree from {share} on").format(share=_percent(last))
    then = _tr("do not agree again") if last >= end else again
    return _tr("The probes part {where} and {then}.").format(where=where, then=then) + note


def pair_text(heard: Heard, pair: tuple[int, int] | None, n_differing: int) -> str:
    """How many pictures the list shows, and of whom."""
    n_all = len(heard.pictures)
    counts = {"count": f"{n_differing:,}", "all": f"{n_all:,}"}
    if pair is None:
        said = (
            _tr("{count} of {all} pictures differ") if n_differing else _tr("No difference on {all} pictures")
        )
        return said.format(**counts)
    said = (
        _tr("{count} of {all} pictures differ between {one} and {other}")
        if n_differing
        else _tr("No difference between {one} and {other} on {all} pictures")
    )
    return said.format(one=heard.names[pair[0]], other=heard.names[pair[1]], **counts)


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _tr("{networks} and {last}").format(networks=", ".join(names[:-1]), last=names[-1])


def _few(names: Sequence[str]) -> str:
    """Names where they are few; the rows below need the room that many would take."""
    return _listed(names) if len(names) <= _MOST_NAMED else _tr("{count} networks").format(count=len(names))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# Tables


def answers_csv(heard: Heard, found: Sequence[Difference]) -> str:
    """Every picture with each network's first class: those that differ first, in the order of the list."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    heads = [text for name in heard.names for text in (name, f"{name}, probability")]
    writer.writerow(("picture", "answers", *heads))
    names = {picture.image_id: picture.name for picture in heard.pictures}
    counts = {entry.image_id: entry.n_answers for entry in found}
    for image_id in dict.fromkeys((*counts, *heard.image_ids)):
        cells: list[str] = []
        for voice in heard.voices:
            said = voice.answers.get(image_id)
            cells += ["", ""] if said is None else [said.label, f"{said.probability:.6f}"]
        writer.writerow((names[image_id], counts.get(image_id, 1), *cells))
    return table.getvalue()
