"""Writes src/api/types.gen.ts from the Python structs that cross the HTTP API.

Run it with the project's interpreter: `.venv/bin/python web/tools/generate_types.py`.
With `--check` it writes nothing and fails when the file is not fresh.
"""

import sys
from collections.abc import Iterator
from enum import Enum, IntEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

import msgspec

from muster.core.connecting import connect as ready
from muster.core.certificates.authorities import Behind, RollStatus
from muster.core.certificates.endings import EndingView
from muster.core.intake.pulse import Pulse
from muster.core.certificates.services import Reason as RevokeReason
from muster.core.enrolment.policy import Verdict
from muster.core.enrolment.policycases import TriedCase
from muster.core.nodes.settingsdiff import Difference
from muster.faces.native.account import UserView
from muster.faces.native.airgap import GapAnswerView, GapRequestView, SignGapBody
from muster.faces.native.apitokens import ApiTokenView, NewApiTokenView
from muster.faces.native.approvals import ApprovalView
from muster.faces.native.audit import EventView
from muster.faces.native.ca import CaView
from muster.faces.native.clones import CloneView, HolderView
from muster.faces.native.connect import (
    ConnectToken,
    ConnectView,
    ConnectWanted,
    EnvironmentsView,
)
from muster.faces.native.dashboardviews import (
    DashboardView,
    ExportView,
    ExportWanted,
    ImportedView,
    ImportWanted,
    NewLink,
    NewLinkView,
    PublicView,
    SavedView,
)
from muster.faces.native.invitations import InvitationView, InvitedView, NewInvitationView
from muster.faces.native.marks import MarkView
from muster.faces.native.nodesettings import CompareWanted
from muster.faces.native.nodeview import CloneSummary, CredentialView, Named, NodeView, RoomOfNode
from muster.faces.native.passkeys import PasskeysView, PasskeyView
from muster.faces.native.pki import Bundle, PkiView, ServiceView
from muster.faces.native.policy import PolicyTrial, PolicyView
from muster.faces.native.rooms import Fitting, RoomView
from muster.faces.native.sessionview import (
    HubName,
    RoomOfSession,
    SessionView,
    SpaceOfSession,
    Who,
)
from muster.faces.native.signin import ProviderView, SignInOffer
from muster.faces.native.spaces import SpaceView
from muster.faces.native.tokens import ClaimedView, NewTokenView, TokenView
from muster.faces.native.trust import TrustView
from muster.faces.native.ways import IdentityView, WaysView
from muster.faces.native.webcertificate import WebView
from muster.faces.netdata.charts import ChartData
from muster.faces.netdata.functions import FunctionColumn, FunctionTable, FunctionView
from muster.faces.netdata.views import (
    AlertsView,
    AlertView,
    CapabilityView,
    CollectorView,
    ContextsView,
    ContextView,
    FunctionsView,
    InfoView,
    RelativeView,
)
from muster.model import dashboard as board
from muster.model.backup import BackupDeed, BackupFailure, BackupRun, BackupsView, BackupView
from muster.model.access import Action, Role
from muster.model.approval import Kind as ApprovalKind
from muster.model.approval import Reason
from muster.model.auditchain import ChainReport, Checkpoint, Fault
from muster.model.clone import CloneKind, CloneState, Decision
from muster.model.evidence import CloudDocument, Evidence, SshHostKey
from muster.model.identity import CredentialState
from muster.model.inventory import (
    Approval,
    Facts,
    Link,
    NetdataKeep,
    NodeState,
    RoomRule,
    SpaceSettings,
)
from muster.model.metric import Kind
from muster.model.panelanswer import (
    AnswerColumn,
    AnswerSeries,
    DashboardRow,
    LinkView,
    PanelAnswer,
    PanelAsk,
    QueryAnswer,
    VariableAsk,
    VariableValue,
    VariableValues,
)
from muster.model.mark import MarkKind
from muster.model.query import Frame, FrameSeries, Function, Query, Selector
from muster.model.service import ServiceState
from muster.pki.keys import CertificateView
from muster.pki.trust import Phase

TARGET = Path(__file__).parent.parent / "src" / "api" / "types.gen.ts"
ENUMS: tuple[type[Enum], ...] = (
    BackupDeed,
    Verdict,
    Kind,
    Function,
    NodeState,
    MarkKind,
    CredentialState,
    Role,
    Action,
    Approval,
    CloneKind,
    CloneState,
    Decision,
    ApprovalKind,
    Phase,
    ServiceState,
    RevokeReason,
    board.Language,
    board.VariableKind,
    board.Sort,
    board.PanelKind,
    board.Calculation,
    board.Paint,
    board.Draw,
    board.Place,
    board.Axis,
    board.Shape,
    board.Direction,
    board.ThresholdMode,
)
STRUCTS: tuple[type[msgspec.Struct], ...] = (
    Selector,
    Query,
    FrameSeries,
    Frame,
    Facts,
    Link,
    Named,
    CredentialView,
    CloneSummary,
    MarkView,
    Difference,
    CompareWanted,
    RoomOfNode,
    NodeView,
    RoomRule,
    RoomView,
    Fitting,
    NetdataKeep,
    SpaceSettings,
    SpaceView,
    ClaimedView,
    NewTokenView,
    TokenView,
    Who,
    HubName,
    RoomOfSession,
    SpaceOfSession,
    SessionView,
    UserView,
    NewApiTokenView,
    ApiTokenView,
    ProviderView,
    SignInOffer,
    PasskeyView,
    PasskeysView,
    IdentityView,
    WaysView,
    InvitationView,
    NewInvitationView,
    InvitedView,
    CertificateView,
    BackupFailure,
    BackupRun,
    BackupView,
    BackupsView,
    CaView,
    Behind,
    RollStatus,
    ServiceView,
    PkiView,
    Bundle,
    EndingView,
    TrustView,
    WebView,
    Pulse,
    ContextView,
    ContextsView,
    ChartData,
    AlertView,
    AlertsView,
    FunctionView,
    FunctionsView,
    FunctionColumn,
    FunctionTable,
    CapabilityView,
    CollectorView,
    RelativeView,
    InfoView,
    EventView,
    Checkpoint,
    Fault,
    ChainReport,
    ready.Offer,
    EnvironmentsView,
    ConnectWanted,
    ready.Command,
    ready.File,
    ConnectToken,
    ConnectView,
    SshHostKey,
    CloudDocument,
    Evidence,
    Reason,
    ApprovalView,
    PolicyView,
    PolicyTrial,
    TriedCase,
    GapRequestView,
    SignGapBody,
    GapAnswerView,
    HolderView,
    CloneView,
    board.TimeRange,
    board.Variable,
    board.Grid,
    board.PanelQuery,
    board.Threshold,
    board.Mapping,
    board.Override,
    board.Options,
    board.Panel,
    board.Section,
    board.Dashboard,
    PanelAsk,
    AnswerColumn,
    AnswerSeries,
    QueryAnswer,
    PanelAnswer,
    VariableAsk,
    VariableValue,
    VariableValues,
    DashboardRow,
    LinkView,
    DashboardView,
    SavedView,
    ExportWanted,
    ExportView,
    ImportWanted,
    ImportedView,
    NewLink,
    NewLinkView,
    PublicView,
)
# Names that mean something else already, on a page or beside another module.
NAMES: dict[type, str] = {
    ApprovalKind: "ApprovalKind",
    Phase: "CaPhase",
    RevokeReason: "RevokeReason",
    WebView: "WebCertificate",
    EventView: "AuditEvent",
    Fault: "ChainFault",
    Decision: "CloneDecision",
    ready.Offer: "EnvironmentOffer",
    ready.Command: "ReadyCommand",
    ready.File: "ReadyFile",
    board.Sort: "VariableSort",
    board.Place: "LegendPlace",
    board.Axis: "AxisSide",
    board.Shape: "BarShape",
    board.Direction: "RepeatDirection",
    board.Mapping: "ValueMapping",
    board.Grid: "PanelGrid",
    board.Override: "FieldOverride",
    board.Options: "PanelOptions",
}
# Their defaults may be left out.
WRITTEN_BY_CLIENTS = {
    Selector,
    Query,
    ConnectWanted,
    SignGapBody,
    PanelAsk,
    VariableAsk,
    ExportWanted,
    NewLink,
}
PLAIN = {
    int: "number",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    bytes: "string",
}


def type_of(annotation: Any) -> str:
    """The TypeScript form of a Python annotation."""
    if isinstance(annotation, NewType):
        return type_of(annotation.__supertype__)
    if annotation is Any:
        return "Value"
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_of(args[0])
    if origin in (list, frozenset, set):
        return f"{bracketed(args[0])}[]"
    if origin is tuple:
        return (
            f"{bracketed(args[0])}[]" if args[-1] is ... else f"[{', '.join(map(type_of, args))}]"
        )
    if origin is dict:
        return f"Record<string, {type_of(args[1])}>"
    if origin in (UnionType, Union):  # the second where one side is Annotated
        return " | ".join(type_of(each) for each in args if each is not msgspec.UnsetType)
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in args)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct | Enum):
        return name_of(annotation)
    raise TypeError(f"no TypeScript for {annotation!r}")


def name_of(kind: type) -> str:
    return NAMES.get(kind, kind.__name__)


def bracketed(annotation: Any) -> str:
    text = type_of(annotation)
    return f"({text})" if " | " in text else text


def enum_lines(enum: type[Enum]) -> Iterator[str]:
    if issubclass(enum, IntEnum):
        members = ", ".join(f"{member.name}: {member.value}" for member in enum)
        yield f"export const {name_of(enum)} = {{ {members} }} as const;"
        name = name_of(enum)
        yield f"export type {name} = (typeof {name})[keyof typeof {name}];"
    else:
        words = " | ".join(f'"{member.value}"' for member in enum)
        yield f"export type {name_of(enum)} = {words};"


def struct_lines(struct: type[msgspec.Struct]) -> Iterator[str]:
    yield f"export interface {name_of(struct)} {{"
    for field in msgspec.structs.fields(struct):
        may_miss = struct in WRITTEN_BY_CLIENTS and not field.required
        unset = msgspec.UnsetType in get_args(field.type)
        optional = "?" if may_miss or unset else ""
        yield f"  {field.encode_name}{optional}: {type_of(field.type)};"
    yield "}"


def generated() -> str:
    """The whole file."""
    lines = [
        "// Generated by web/tools/generate_types.py from the Python structs; do not edit.",
        "",
        "export type Value = number | boolean | string | null;",
    ]
    for enum in ENUMS:
        lines += ["", *enum_lines(enum)]
    for struct in STRUCTS:
        lines += ["", *struct_lines(struct)]
    return "\n".join(lines) + "\n"


def main() -> int:
    fresh = generated()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() == fresh:
            return 0
        print(f"{TARGET} is stale: run {Path(__file__).name}", file=sys.stderr)
        return 1
    TARGET.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
