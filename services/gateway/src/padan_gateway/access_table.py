"""`python -m padan_gateway.access_table`: print the access table as Markdown (docs/access-table.md)."""

import sys

from padan_gateway.domain.access_page import page


def main() -> None:
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
