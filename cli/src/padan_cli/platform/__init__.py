"""The local platform: real Kafka and PostgreSQL and the services of Padan as ordinary, supervised processes.

`Instance` says where everything of one platform lies, `Platform` starts, stops and watches it. The command line,
the demo, the tests and the benches all use these two.
"""

from padan_cli.platform.control import Platform
from padan_cli.platform.errors import PlatformError
from padan_cli.platform.instance import Instance

__all__ = ["Instance", "Platform", "PlatformError"]
