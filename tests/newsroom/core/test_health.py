import time

import pytest
from django.db import connection


@pytest.mark.django_db
def test_healthy_with_a_database(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.content == b"ok"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ill_without_a_database(client, monkeypatch, tmp_path):
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    began = time.monotonic()

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert time.monotonic() - began < 2.5


@pytest.mark.django_db
def test_asking_changes_nothing(client):
    assert client.post("/healthz").status_code == 405
