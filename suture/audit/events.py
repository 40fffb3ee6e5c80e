"""The words of the ledger: every event's name, and the data keys that checks rely on.

A chain belongs to one `incident_id` and ends with `incident.closed`. Data are small facts;
large things go by digest. A docstring lists the keys that an event carries; those in `Fact`
are read by `suture.audit.invariants`, so they must be there and mean what is said here.
"""

from enum import StrEnum


class Fact(StrEnum):
    """Keys of `LedgerDraft.data` that the invariants read."""

    ACTOR_ROLE = "actor_role"
    """The role that the deciding person had."""
    APPROVALS = "approvals"
    """List of the ids of all decisions that made up the consent to a merge."""
    AUTHORS = "authors"
    """List of the ids of everybody but Suture who committed to the branch."""
    DECISION_ID = "decision_id"
    DECISION_KIND = "kind"
    """A `DecisionKind`."""
    GREEN_WITH_PATCH = "green_with_patch"
    HEAD_SHA = "head_sha"
    MERGE_SHA = "merge_sha"
    NEW_FAILURES = "new_failures"
    """List of tests that fail with the patch and not without it."""
    PATCH_DIGEST = "patch_digest"
    """Of the full diff, fix and regression test: what consent is bound to."""
    REASON = "reason"
    RED_ON_BASE = "red_on_base"
    RED_WITHOUT_FIX = "red_without_fix"
    REFUSAL = "refusal"
    """A `Refusal`."""
    VERIFIED = "verified"


class LedgerEvent(StrEnum):
    """Everything that is put on record. Keys in brackets may be missing or null."""

    INCIDENT_OPENED = "incident.opened"
    """service, fingerprint, title, severity, occurrence, [regression_of]."""
    ALERT_RECEIVED = "alert.received"
    """batch_id, count, events: digests of the sampled alerts."""
    ALERT_RESOLVED = "alert.resolved"
    """source, alert_id, event: digest of what the source sent."""
    POLICY_LOADED = "policy.loaded"
    """policy: digest of its canonical JSON, autonomy."""
    TICKET_OPENED = "ticket.opened"
    """ticket_id, url."""
    TICKET_UPDATED = "ticket.updated"
    """ticket_id, stage."""
    TICKET_REOPENED = "ticket.reopened"
    """ticket_id, reason."""
    TICKET_CLOSED = "ticket.closed"
    """ticket_id, by: `suture` or a person's id."""
    THREAD_OPENED = "thread.opened"
    """thread_id, url."""
    EVIDENCE_COLLECTED = "evidence.collected"
    """evidence: digest, base_sha, suspects: how many."""
    DIAGNOSIS_MADE = "diagnosis.made"
    """diagnosis: digest of its canonical JSON, category, fixability, confidence, reasoned_by,
    basis: a `Basis`, stated: the confidence before outcomes corrected it (null where none did),
    hypotheses: list of `label state: path:line: what was observed`."""
    REPRODUCTION_MADE = "reproduction.made"
    """attempt, reproduced, [files: digest], [oracle], reason."""
    CANDIDATES_PROPOSED = "candidates.proposed"
    """attempt, candidates: digest of the list, count, origin: `patterns` or a model."""
    MODEL_CALLED = "model.called"
    """model, prompt: digest, reply: digest, input_tokens, output_tokens, cost_usd, seconds,
    prompts: their versions and digest, source: a `ReplySource`, left_out: characters of the
    transcript that did not fit the model."""
    TOOL_REFUSED = "tool.refused"
    """model, tool, reason: a model asked for what it may not have."""
    INJECTION_SUSPECTED = "injection.suspected"
    """found: list of `place: trick: quote`, [model, tool]: text in the event, the repository or a
    model's answer looks as if it were to direct whoever reads it. Nothing is decided by it."""
    MODEL_ENDED = "model.ended"
    """model, end: how its conversation ended, reason, escalated: whether the next model is asked,
    why: the evidence for that."""
    VERIFICATION_MADE = "verification.made"
    """attempt, verified, reason, patch_digest (null when there is none), red_on_base,
    green_with_patch, red_without_fix, new_failures, [explanation], [oracle], [base_suite],
    [patched_suite]."""
    PULL_REQUEST_OPENED = "pull_request.opened"
    """number, url, head_sha, patch_digest. A verified `verification.made` of this digest that saw
    red, green, red must come before it."""
    CI_JUDGED = "ci.judged"
    """head_sha, state: a `CiState`, failures: names of what fails there and not on the base."""
    PULL_REQUEST_CHANGED = "pull_request.changed"
    """number, head_sha, patch_digest, authors: somebody moved the branch."""
    PULL_REQUEST_MERGED = "pull_request.merged"
    """number, merge_sha, head_sha, patch_digest, decision_id of the last approval, approvals: ids
    of all that were needed, by different people, authors."""
    PULL_REQUEST_MERGED_OUTSIDE = "pull_request.merged_outside"
    """number, merge_sha, head_sha, patch_digest: a human merged it on the code host itself."""
    PULL_REQUEST_CLOSED = "pull_request.closed"
    """number, reason."""
    APPROVAL_REQUESTED = "approval.requested"
    """head_sha, patch_digest, authors, asked_at."""
    APPROVAL_REMINDED = "approval.reminded"
    """head_sha, patch_digest, waited_seconds."""
    APPROVAL_ESCALATED = "approval.escalated"
    """head_sha, patch_digest, waited_seconds."""
    DECISION_RECEIVED = "decision.received"
    """decision_id, kind, via: it reached the workflow, and a verdict must follow. The entry's
    actor is the person. Recording it apart from the verdict is optional."""
    DECISION_ACCEPTED = "decision.accepted"
    """decision_id, kind, actor_role, via, [head_sha, patch_digest: what the person saw, both
    needed to approve], decided_at, comment, proof. The entry's actor is the person."""
    DECISION_REFUSED = "decision.refused"
    """decision_id, kind, actor_role, via, [head_sha, patch_digest], decided_at, refusal, reason.
    The entry's actor is the person, as claimed."""
    CONSENT_STALED = "consent.staled"
    """decision_id of the approval that no longer counts, reason, [head_sha, patch_digest]."""
    INCIDENT_HANDED_OVER = "incident.handed_over"
    """reason: a human has taken over, or nobody else can go on."""
    DEPLOYMENT_SEEN = "deployment.seen"
    """deployment_id, commit, at, [release]."""
    ROLLOUT_JUDGED = "rollout.judged"
    """verdict, explanation, e_value_recovered, e_value_regressed, watched_seconds."""
    REVERT_PROPOSED = "revert.proposed"
    """number, url, merge_sha: the merge it undoes."""
    BUDGET_EXHAUSTED = "budget.exhausted"
    """limit: which one, used, allowed, reserved: money within used that is not settled."""
    BUDGET_UNSETTLED = "budget.unsettled"
    """attempt, entry_key, cost_usd, reason: a repair ended without a word of what it cost, so
    all that was reserved for it counts as spent."""
    LOOP_GUARDED = "loop.guarded"
    """reason: the suspect is Suture's own change, or it has healed this too often."""
    INCIDENT_CANCELLED = "incident.cancelled"
    """reason."""
    INCIDENT_CLOSED = "incident.closed"
    """kind: a `ResolutionKind`, summary, ticket_closed, usage: an object, [merge_sha].
    The last entry of a chain: without it a shortened chain would look like a whole one."""
