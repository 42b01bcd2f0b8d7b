"""Every service has the same rooms, and each declaration stands for the whole service."""

import pytest

from tests.architecture.project import NAMES, ROOT, service, sources

ROOMS = (
    "adapters",
    "api",
    "contracts",
    "contracts/examples",
    "contracts/schemas",
    "domain",
    "migrations/versions",
    "policies",
    "views",
)
SHIPPED = {"loyalty": {"programmes"}}
"""What a service ships beside its rooms: files for people to begin from."""

PAPERS = ("README.md", "service.py", "settings.py", "contracts/published.py")


@pytest.mark.parametrize("name", NAMES)
def test_every_service_has_the_same_rooms(name: str) -> None:
    folder = ROOT / "services" / name
    assert [room for room in ROOMS if not any((folder / room).glob("*.*"))] == []
    assert [paper for paper in PAPERS if not (folder / paper).is_file()] == []
    rooms = {path.name for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == {room.partition("/")[0] for room in ROOMS} | SHIPPED.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_names_its_folder_its_topic_and_its_variables(name: str) -> None:
    declared = service(name)
    assert (declared.name, declared.folder) == (name, ROOT / "services" / name)
    assert declared.topic == f"rapport.{name}.v1"
    assert declared.publishes.service == name
    assert declared.settings.model_config.get("env_prefix") == f"{name.upper()}_"


@pytest.mark.parametrize("name", NAMES)
def test_every_view_is_kept_under_its_own_name_and_made_by_a_migration(name: str) -> None:
    migrations = "\n".join(sources(f"services/{name}/migrations").values())
    declared = service(name)
    for view in declared.views:
        assert view.table.name == f"{view.name}_v{declared.views_version}"
        assert f"CREATE TABLE {view.table.name} (" in migrations
        assert (ROOT / "services" / name / "views" / f"{view.name}.py").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_migrations_only_add(name: str) -> None:
    statements = "\n".join(sources(f"services/{name}/migrations").values()).upper()
    assert not [word for word in ("DROP TABLE", "DROP COLUMN", "RENAME TO", "TRUNCATE") if word in statements]
