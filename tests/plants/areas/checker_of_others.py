"""The checker of histories, where batches are steered, others are at work, and clocks are wrong."""

from tests.plants.areas.checker import CHECKER, blind

BATCHES, OTHERS, GROUPS, TIMES, LOOKS = (
    f"{CHECKER}{name}.py" for name in ("batches", "others", "groups", "times", "looks")
)

PLANTS = (
    blind(
        "The checker misses no service that never looks again.",
        "        if run in closed and step in read and done < due:",
        file=LOOKS,
    ),
    blind(
        "The checker takes the first reading back for no later look.",
        "(done is not None and at - done >= LOOKED_AT_AFTER)",
        "done is not None",
        file=LOOKS,
    ),
    blind(
        "The checker misses nobody who is begun while their batch is stopped.",
        '        elif entry.event == "run.started":',
        "        elif False:",
        file=BATCHES,
    ),
    blind(
        "The checker misses nothing that is let out while its batch is stopped.",
        '        elif entry.event == "step.attempted" and not entry.step.startswith(BACK):',
        "        elif False:",
        file=BATCHES,
    ),
    blind(
        "The checker misses nobody who is begun before their wave is opened.",
        "                if opened[batch] < wanted:",
        "                if False:",
        file=BATCHES,
    ),
    blind(
        "The checker misses no wave that is opened once more.",
        "            if wave <= last.get(batch, 1):",
        "            if False:",
        file=BATCHES,
    ),
    blind(
        "The checker misses nothing that was said of a batch and is not recorded.",
        "        if not done[batch, event] <= recorded[batch, event] <= asked[batch, event]:",
        "        if not recorded[batch, event] <= asked[batch, event]:",
        file=BATCHES,
    ),
    blind(
        "The checker misses nothing that is recorded of a batch and nobody asked for.",
        "<= recorded[batch, event] <= asked[batch, event]:",
        "<= recorded[batch, event]:",
        file=BATCHES,
    ),
    blind(
        "The checker misses nothing that somebody else changed and that was put back all the same.",
        "        if len(since) % 2:",
        file=OTHERS,
    ),
    blind(
        "The checker misses no device that is locked and somebody else's by then.",
        "        if history.whose_run.get(effect.run) not in had:",
        file=OTHERS,
    ),
    blind(
        "The checker misses no group that is not as others left it.",
        "            if (group in now) != expected:",
        "            if False:",
        file=GROUPS,
    ),
    blind(
        "The checker misses nobody who was begun early.",
        "        if meant.at > datetime.fromisoformat(min(entry.at, history.ended or entry.at)) + SMALL:",
        file=TIMES,
    ),
    blind(
        "The checker misses no entry with a wrong time.",
        "            if not BASE - EVEN <= datetime.fromisoformat(entry.at) <= last:",
        "            if False:",
        file=TIMES,
    ),
)
