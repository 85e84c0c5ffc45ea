"""`python -m piwikcli` is the `piwik` command."""

from piwikcli.commands.app import main

if __name__ == "__main__":
    main()
