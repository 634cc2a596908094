"""All plants, area by area. A new area is a new file."""

import importlib
from pathlib import Path

_HERE = Path(__file__).parent
#: Every area by its name: each is a file of `areas` with a tuple called PLANTS.
AREAS = {
    path.stem: importlib.import_module(f"tests.plants.areas.{path.stem}").PLANTS
    for path in sorted((_HERE / "areas").glob("*.py"))
}
PLANTS = [plant for plants in AREAS.values() for plant in plants]
IDS = [f"{area}: {plant.protects}" for area, plants in AREAS.items() for plant in plants]
