"""No packet, no name and no socket leaves a run."""

import socket
from collections.abc import Iterator

import pytest

from tests.sandbox.attacks import Arena


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_a_server_on_the_hosts_loopback_cannot_be_reached(
    arena: Arena, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    result = arena.attack(
        f"""
        import socket
        for host in ("127.0.0.1", "localhost"):
            try:
                socket.create_connection((host, {port}), timeout=2)
                print("reached")
            except OSError as error:
                print("refused", error.errno)
        """
    )
    assert result.stdout.split() == ["refused", "111"] * 2
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_an_abstract_socket_of_the_host_cannot_be_reached(arena: Arena) -> None:
    name = f"suture-test-{id(arena)}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        result = arena.attack(
            f"""
            import socket
            try:
                socket.socket(socket.AF_UNIX).connect("\\0{name}")
                print("reached")
            except ConnectionRefusedError:
                print("refused")
            """
        )
    assert result.stdout == "refused\n"


def test_a_socket_file_is_left_out_of_the_copy(arena: Arena) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(arena.tree / "s"))
        server.listen()
        result = arena.shell("ls")
    assert result.stdout == "kept.txt\n"


def test_names_and_addresses_outside_lead_nowhere(arena: Arena) -> None:
    result = arena.attack(
        """
        import socket
        for attempt in (
            lambda: socket.getaddrinfo("example.com", 443),
            lambda: socket.create_connection(("192.0.2.1", 80), timeout=2),
            lambda: socket.create_connection(("169.254.169.254", 80), timeout=2),
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53)),
            lambda: socket.create_connection(("2001:db8::1", 80), timeout=2),
        ):
            try:
                attempt()
                print("reached")
            except OSError:
                print("refused")
        print([name for _, name in socket.if_nameindex()])
        """
    )
    assert result.stdout.split("\n")[:5] == ["refused"] * 5
    assert "eth" not in result.stdout
    assert "reached" not in result.stdout


def test_raw_packet_and_hypervisor_sockets_are_refused(arena: Arena) -> None:
    result = arena.attack(
        """
        import socket
        AF_ALG, AF_VSOCK = 38, 40
        for family, kind, protocol in (
            (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
            (socket.AF_PACKET, socket.SOCK_RAW, 0),
            (AF_VSOCK, socket.SOCK_STREAM, 0),
            (AF_ALG, socket.SOCK_SEQPACKET, 0),
        ):
            try:
                socket.socket(family, kind, protocol)
                print("made")
            except OSError as error:
                print(error.errno)
        """
    )
    assert result.stdout.split() == ["1", "97", "97", "97"]


def test_a_run_can_talk_to_itself(arena: Arena) -> None:
    result = arena.attack(
        """
        import socket
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5)
            print("talked")
        """
    )
    assert result.stdout == "talked\n"
