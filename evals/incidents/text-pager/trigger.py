from index import index


def fire():
    index("Dear customer,\n\nyour parcel waits at the counter until Friday.\n\n")
