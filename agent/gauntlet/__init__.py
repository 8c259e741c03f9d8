"""What must not get through, and what must: cheats, bad replies and honest patches that try the gates."""
