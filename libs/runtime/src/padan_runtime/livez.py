"""Health check of a container, where there is no curl: `python -m padan_runtime.livez` ends with 0 when the service
of this container answers /livez on PADAN_HTTP_PORT, else with 1."""

import http.client
import os
import sys

_TIMEOUT_S = 2.5


def alive(port: int) -> bool:
    """Whether /livez answers 200. Asks 127.0.0.1: what is checked is this process, not the way to it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Read the port and end."""
    sys.exit(0 if alive(int(os.environ["PADAN_HTTP_PORT"])) else 1)


if __name__ == "__main__":
    main()
