"""Administration: service functions (``service``) and what calls them (``cli``; later ``api``)."""
