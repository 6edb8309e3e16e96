"""The only public door: current views, history, reports."""
