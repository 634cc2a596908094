"""The rooms are small."""

from statistics import median

from tests.architecture.sources import files, functions, is_test, migrations, modules, name

MODULE_LIMIT = 400
FUNCTION_LIMIT = 40


def lines(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def length(function) -> int:
    return function.end_lineno - function.lineno + 1


def test_no_module_is_longer_than_400_lines():
    halls = {name(path): lines(path) for path in modules() if lines(path) > MODULE_LIMIT}

    assert halls == {}


def test_no_migration_is_longer_than_400_lines():
    assert {name(path): lines(path) for path in migrations() if lines(path) > MODULE_LIMIT} == {}
    assert migrations()


def test_no_test_module_is_longer_than_400_lines():
    tests = [path for path in files() if path.suffix == ".py" and is_test(path)]

    assert {name(path): lines(path) for path in tests if lines(path) > MODULE_LIMIT} == {}


def test_the_usual_module_has_at_most_150_lines():
    assert median(lines(path) for path in modules() if lines(path) > 1) <= 150


def test_no_function_is_longer_than_40_lines():
    long = {
        f"{name(path)}:{function.lineno} {function.name}": length(function)
        for path in modules()
        for function in functions(path)
        if length(function) > FUNCTION_LIMIT
    }

    assert long == {}


def test_the_usual_function_has_at_most_10_lines():
    assert median(length(function) for path in modules() for function in functions(path)) <= 10
