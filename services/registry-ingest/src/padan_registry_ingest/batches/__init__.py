"""Files sent: kept sealed, worked through stage by stage, each stage restartable."""
