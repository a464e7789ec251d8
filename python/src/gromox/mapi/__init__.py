"""Property types, tags, names and values, error codes: the vocabulary of MAPI. Layer 1, pure.

Generated (``generators/``): proptypes, tags, tagtable, guids, named, errorcodes, errortable, folderids.
"""
