import os
import socket

import pytest


def test_a_socket_to_another_machine_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(AssertionError, match="tried to reach"):
        sock.connect(("192.0.2.1", 80))


def test_a_name_that_is_not_localhost_is_refused_before_it_is_looked_up() -> None:
    with pytest.raises(AssertionError, match="tried to reach"), socket.socket() as sock:
        sock.connect(("api.openai.com", 443))


def test_loopback_can_be_reached() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        client.sendall(b"hello")
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(5) == b"hello"


def test_no_key_of_a_paid_service_is_set() -> None:
    assert "OPENAI_API_KEY" not in os.environ
    assert "OPENAI_BASE_URL" not in os.environ
