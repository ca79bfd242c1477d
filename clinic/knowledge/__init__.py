"""What the clinic tells its visitors: articles, their checks, the published artifact, search."""
