"""The users file: who may do what when commands' own claims are not trusted."""

from pathlib import Path

import pytest

from domain.commands import Actor
from ordercase import users
from ordercase.errors import UserError


def test_the_file_says_what_an_actor_may(tmp_path: Path) -> None:
    file = tmp_path / "users.toml"
    file.write_text('[[user]]\nid = "anna"\nname = "Anna"\npassword_hash = "x"\nroles = ["agent"]\nchannels = ["eu"]\n')
    listed = users.from_file(file)
    claimed = Actor(id="anna", roles=("manager",), channels=("*",))
    assert users.as_listed(listed, claimed) == Actor(id="anna", name="Anna", roles=("agent",), channels=("eu",))
    assert users.as_listed(listed, Actor(id="bob", roles=("manager",), channels=("*",))) == Actor(id="bob")


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("[[user]]\n", ["user 1: id is missing"]),
        ('[[user]]\nid="a"\n[[user]]\nid="a"\n', ["user 2: id 'a' stands there twice"]),
        (
            '[[user]]\nid="a"\nroles="agent"\n[[user]]\nid=3\n',
            ["user 1: roles must be a list", "user 2: id is missing"],
        ),
        ('[[user]]\nid="a"\nrole=["agent"]\n', ["user 1: there is no key 'role'"]),
        ('[[user]]\nid="a"\nname=1\n', ["user 1: name must be a text"]),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    file = tmp_path / "users.toml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        users.from_file(file)
    assert caught.value.code == "bad_users_file"
    for said, expected in zip(caught.value.details, mistakes, strict=True):
        assert said.startswith(expected)


@pytest.mark.parametrize(
    ("text", "code"), [(None, "no_users_file"), ("user =", "bad_users_file"), ("user = 1", "bad_users_file")]
)
def test_a_file_that_is_none(tmp_path: Path, text: str | None, code: str) -> None:
    file = tmp_path / "users.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UserError) as caught:
        users.from_file(file)
    assert caught.value.code == code
