"""The last hour before the deadline, played on the real servers: `./portal bench --load` and `--soak`."""
