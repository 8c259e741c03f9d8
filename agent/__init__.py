"""The loop: who proposes, who judges, what is believed, when to stop."""
