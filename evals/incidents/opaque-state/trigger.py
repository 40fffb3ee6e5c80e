import socket

from fulfilment.pool import Pool


def fire():
    pool = Pool(socket.socket)
    first, second = pool.lease(), pool.lease()
    pool.release(second)
    pool.replace_broken(lambda connection: connection.fileno() > 0)
    pool.release(first)
