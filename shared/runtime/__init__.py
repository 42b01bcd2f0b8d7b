"""Running a service: its declaration, its settings, and a role (api, worker, or all) make a process."""
