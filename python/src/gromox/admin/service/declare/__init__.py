"""What is to be, instead of what to do: a description is compared with what there is, the difference made.

Decisions not to break:

* A description is one JSON object, the answer another one; nothing secret is in an argument vector or in an
  answer.
* What a description does not mention stays as it is. ``before`` and ``after`` hold what it mentions, in one
  form.
* ``check`` says what would be done and changes nothing.
"""
