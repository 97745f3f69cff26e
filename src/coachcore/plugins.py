"""Plug-ins: what other distributions offer under an entry point, loaded by name and only where a host names it.

Nothing is loaded because it is installed: a dependency of a dependency must not see a practice's events. What fails in a
plug-in is an error of ours with the plug-in's name.
"""

from importlib.metadata import entry_points

from coachcore.errors import CoachcoreError, NotFound, NotValid, did_you_mean, shown, without_text

__all__ = ["load_plugin", "plugin_failed"]


def load_plugin(group: str, name: str) -> object:
    """The object that an entry point of a group names.

    Raises NotFound plugin.unknown, with the installed ones; NotValid plugin.ambiguous where two distributions offer the name,
    plugin.failed where it cannot be imported.
    """
    points = {point.value: point for point in entry_points(group=group) if point.name == name}
    if not points:
        installed = sorted({point.name for point in entry_points(group=group)})
        hint = did_you_mean(name, installed)
        raise NotFound("plugin.unknown", f"no plug-in {shown(name)} is installed in the group {group}", hint)
    if len(points) > 1:
        raise NotValid(
            "plugin.ambiguous",
            f"several plug-ins of the group {group} are called {name!r}: {', '.join(sorted(points))}",
            "uninstall all but one of their distributions",
        )
    (point,) = points.values()
    try:
        loaded: object = point.load()
    except Exception as error:
        raise plugin_failed(name, error) from without_text(error)
    return loaded


def plugin_failed(name: str, error: Exception) -> NotValid:
    """The error of a plug-in that raised something while it was loaded or called."""
    reason = str(error) if isinstance(error, CoachcoreError) else type(error).__name__
    return NotValid(
        "plugin.failed",
        f"the plug-in {name!r} failed: {reason}",
        "correct or upgrade it, or leave its name out",
        plugin=name,
    )
