"""Puts a line between each service and each server it talks to, on a platform that is not up yet."""

from functools import partial
from urllib.parse import urlsplit, urlunsplit

from padan_cli.platform import Instance
from padan_cli.platform.instance import DATABASES, SIMULATORS

from faults.proxy import Line, Network

Lines = dict[tuple[str, str], Line]
"""By service and what it talks to: `household` and `kafka`, say."""


def draw(instance: Instance, network: Network) -> Lines:
    """Lines for all services, which from their next start on know no other way. Migrations go past them: they run
    under the owner's address, before a service begins."""
    lines: Lines = {}
    for service in DATABASES:
        settings: dict[str, str] = {}
        for name, value in instance.environment(service).items():
            server = _server_of(name)
            if server is None or name.endswith("_OWNER_URL"):
                continue
            line = lines.get((service, server))
            if line is None:
                target = partial(instance.port, server)
                line = lines[service, server] = network.line(target, kafka=server == "kafka")
            settings[name] = f"127.0.0.1:{line.port}" if server == "kafka" else _through(value, line.port)
        instance.configure(service, **settings)
    return lines


def _server_of(setting: str) -> str | None:
    """Which component an address in the environment belongs to; None for what is no address."""
    if setting == "PADAN_KAFKA":
        return "kafka"
    if not setting.endswith("_URL"):
        return None
    component = setting.removeprefix("PADAN_").removesuffix("_URL").lower().replace("_", "-")
    return component if component in {*DATABASES, *SIMULATORS} else "postgres"


def _through(url: str, port: int) -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}"))
