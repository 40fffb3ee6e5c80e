"""Each message is posted exactly once, whatever happens to the answers."""

from collections.abc import Callable, Iterator

import pytest

from integrations.slack.chat import SlackChat
from suture.errors import PermanentError, RateLimited, TransientError, Unreachable
from suture.ports.chat import Urgency
from tests.fakes.fault_proxy import LOSSES, Fault
from tests.slack.faults import FaultyPosts, faulty
from tests.slack.workspace import FIRST, PATIENCE_SECONDS, TOKEN, Workspace


@pytest.fixture
def proxy(workspace: Workspace) -> Iterator[FaultyPosts]:
    with faulty(workspace.url) as running:
        yield running


def failure_of(proxy: FaultyPosts, fault: Fault, post: Callable[[], object]) -> str:
    """Let the next post meet a fault; return what was said of it."""
    proxy.faults.append(fault)
    with pytest.raises(TransientError) as failed:
        post()
    # Whoever does not wait for an answer may be quicker than Slack.
    assert fault is not Fault.SLOW or proxy.proxy.swallowed.acquire(timeout=PATIENCE_SECONDS)
    return str(failed.value)


@pytest.mark.parametrize("fault", LOSSES)
def test_a_message_is_posted_once_whatever_happens_to_the_answer(
    workspace: Workspace, proxy: FaultyPosts, fault: Fault
) -> None:
    chat = SlackChat(workspace.settings(proxy.url))
    seconds = 3.0 if fault is Fault.SLOW else PATIENCE_SECONDS
    failing = SlackChat(workspace.settings(proxy.url, timeout_seconds=seconds))
    before = len(workspace.messages())
    said = failure_of(proxy, fault, lambda: failing.ensure_thread(f"{fault.name}-1", FIRST))
    assert TOKEN not in said
    thread = chat.ensure_thread(f"{fault.name}-1", FIRST)
    assert len(workspace.messages()) == before + 1

    failure_of(proxy, fault, lambda: failing.ensure_reply(thread, "asked", "Look.", Urgency.ACTION))
    chat.ensure_reply(thread, "asked", "Look.", Urgency.ACTION)
    assert len(workspace.replies(thread.thread_id)) == 1
    assert not proxy.faults


def test_the_patience_that_slack_asks_for_is_passed_on(
    workspace: Workspace, proxy: FaultyPosts
) -> None:
    proxy.faults.append(Fault.LIMITED)
    with pytest.raises(RateLimited) as limited:
        SlackChat(workspace.settings(proxy.url)).ensure_thread("patience-1", FIRST)
    assert limited.value.retry_after_seconds == 7


def test_nobody_there_is_unreachable(workspace: Workspace) -> None:
    with pytest.raises(Unreachable):
        SlackChat(workspace.settings("http://127.0.0.1:1")).ensure_thread("gone-1", FIRST)


def test_an_escalation_that_failed_half_way_is_finished_once(
    workspace: Workspace, proxy: FaultyPosts
) -> None:
    loud = workspace.channel("loud")
    chat = SlackChat(workspace.settings(proxy.url, escalation_channel=loud))
    thread = chat.ensure_thread("half-1", FIRST)
    before = len(workspace.messages("loud"))
    for fault in (Fault.RESET, Fault.BROKEN):
        proxy.faults.append(fault)
        with pytest.raises(Unreachable):
            chat.ensure_reply(thread, "late", "Nobody looks.", Urgency.ESCALATION)
    chat.ensure_reply(thread, "late", "Nobody looks.", Urgency.ESCALATION)
    assert len(workspace.messages("loud")) == before + 1
    assert len(workspace.replies(thread.thread_id)) == 1


def test_what_slack_refuses_for_good_is_not_tried_again(workspace: Workspace) -> None:
    chat = SlackChat(workspace.settings())
    thread = chat.ensure_thread("refused-1", FIRST)
    channel, _, stamp = thread.thread_id.partition("/")
    workspace.call("chat.delete", channel=channel, ts=stamp)
    with pytest.raises(PermanentError):
        chat.update(thread, FIRST)


def test_what_calls_people_is_shown_in_the_channel_too_and_nothing_else_is(
    workspace: Workspace, proxy: FaultyPosts
) -> None:
    # The emulator keeps threads to themselves, so it is what was sent that counts.
    chat = SlackChat(workspace.settings(proxy.url, mention=["U0ANNA"]))
    thread = chat.ensure_thread("called-1", FIRST)
    before = len(proxy.posted())
    for urgency in Urgency:
        for _ in range(2):
            chat.ensure_reply(thread, urgency, f"About {urgency}.", urgency)
    posted = proxy.posted()[before:]
    assert len(posted) == len(workspace.replies(thread.thread_id)) == len(Urgency)
    loud = {one["text"] for one in posted if one.get("reply_broadcast")}
    assert loud == {one["text"] for one in posted if "<@U0ANNA>" in one["text"]}
    assert loud == {
        "<@U0ANNA> Decide: About action.",
        "<@U0ANNA> Nobody decided: About escalation.",
    }
