"""The root cause, and waiting for a fix of the same cause that another incident has under way."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.opening import CaseActivities, FixLook, FixSight
    from activities.root_cause import (
        Asking,
        DiagnosisRequest,
        EvidenceRequest,
        RootCauseActivities,
    )
    from suture.audit.events import LedgerEvent
    from suture.canonical import digest_of
    from suture.domain.diagnosis import Diagnosis
    from suture.domain.evidence import EvidenceRef
    from suture.domain.resolution import Resolution, ResolutionKind
    from suture.memory.causes import cause_of
    from workflows.endings import ended
    from workflows.state import IncidentState
    from workflows.telling import tell_everybody

ROOT_CAUSE_SECONDS = 600.0
MAX_WAIT_SECONDS = 3_600.0


async def diagnose(state: IncidentState) -> Diagnosis:
    """Collect evidence and conclude from it."""
    event, chronicle = state.event, state.chronicle
    evidence = await state.calls.sandbox(
        RootCauseActivities.collect_evidence,
        EvidenceRequest(service=state.service, event=event, asking=_asking(state)),
        seconds=ROOT_CAUSE_SECONDS,
        summary="Read the event, the code and its history",
    )
    chronicle.change(evidence=evidence)
    chronicle.note(
        LedgerEvent.EVIDENCE_COLLECTED,
        f"Evidence collected at {evidence.base_sha[:12]}, {evidence.suspects} suspect commits",
        data={
            "evidence": evidence.digest,
            "base_sha": evidence.base_sha,
            "suspects": evidence.suspects,
        },
    )
    if evidence.suspicions:
        chronicle.note(
            LedgerEvent.INJECTION_SUSPECTED,
            "Text in the event or the code looks as if it were to direct its reader:"
            f" {', '.join(dict.fromkeys(each.place for each in evidence.suspicions))}"[:300],
            key=evidence.digest,
            data={"found": [str(each) for each in evidence.suspicions]},
        )
    return await _conclude(state, evidence)


async def wait_for_other_fix(state: IncidentState) -> Resolution | None:
    """Wait while another incident repairs the same cause; return the end if that has fixed it.

    Whatever else becomes of the other one, this incident goes on by itself, and takes the cause.
    """
    report = state.report
    while report.diagnosis is not None and report.diagnosis.fix_in_flight:
        other = report.diagnosis.fix_in_flight
        text = f"Incident {other} has the same cause; its fix is waited for."
        state.chronicle.move_to(report.summary.stage, text)
        state.chronicle.tell("fix.in_flight", text)
        await tell_everybody(state)
        sight = await _wait_out(state, report.diagnosis)
        ending = sight.ending
        if ending is not None and ending.kind is ResolutionKind.FIXED:
            merged = f", merged as {ending.merge_sha[:12]}" if ending.merge_sha else ""
            return ended(
                state,
                ResolutionKind.NEEDS_HUMAN,
                f"Incident {other} has fixed the same cause{merged}.",
                follow_ups=("See whether this incident is over, too, then close the ticket.",),
            )
        state.chronicle.tell("fix.absent", f"Incident {other} has no fix; this one goes on.")
        if report.evidence is None:
            return None
        await _conclude(state, report.evidence)
        report = state.report
    return None


def note_diagnosis(state: IncidentState, diagnosis: Diagnosis) -> None:
    """Put a conclusion on record."""
    state.chronicle.change(diagnosis=diagnosis)
    digest = digest_of(diagnosis)
    state.chronicle.note(
        LedgerEvent.DIAGNOSIS_MADE,
        f"Diagnosis: {diagnosis.summary}",
        key=digest,
        data={
            "diagnosis": digest,
            "category": diagnosis.category,
            "fixability": diagnosis.fixability,
            "confidence": diagnosis.confidence,
            "stated": diagnosis.stated,
            "basis": diagnosis.basis,
            "hypotheses": [
                f"{each.label} {each.state}: {each.place.path}:{each.place.line}: {each.why}"
                for each in diagnosis.hypotheses
            ],
            "reasoned_by": diagnosis.reasoned_by,
        },
    )


async def _conclude(state: IncidentState, evidence: EvidenceRef) -> Diagnosis:
    diagnosis = await state.calls.sandbox(
        RootCauseActivities.diagnose,
        DiagnosisRequest(
            service=state.service, event=state.event, evidence=evidence, asking=_asking(state)
        ),
        seconds=ROOT_CAUSE_SECONDS,
        summary="Conclude from the evidence",
    )
    note_diagnosis(state, diagnosis)
    return diagnosis


def _asking(state: IncidentState) -> Asking:
    """Say who asks, and when its repair has ended if nothing came of it."""
    policy, now = state.policy, workflow.now()
    seconds = policy.budget.repair_seconds + policy.timing.repair_slack_seconds
    until = now + timedelta(seconds=ROOT_CAUSE_SECONDS + seconds)
    return Asking(key=state.start.key, now=now, until=until)


async def _wait_out(state: IncidentState, diagnosis: Diagnosis) -> FixSight:
    """Look now and then, seldom in the end, until the other incident is done with the cause."""
    since, seconds = workflow.now(), state.policy.attention.look_seconds
    cause = cause_of(diagnosis, state.service)
    while cause is not None and not workflow.info().is_continue_as_new_suggested():
        await workflow.sleep(timedelta(seconds=seconds))
        seconds = min(2 * seconds, MAX_WAIT_SECONDS)
        look = FixLook(
            incident_id=diagnosis.fix_in_flight, cause=cause, since=since, now=workflow.now()
        )
        try:
            sight = await state.calls.vendor(CaseActivities.look_at_fix, look)
        except ActivityError:
            break
        if not sight.held:
            return sight
    return FixSight(held=False)
