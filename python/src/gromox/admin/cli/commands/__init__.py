"""The commands of ``grommunio-admin``, one module each; ``registry`` lists them."""
