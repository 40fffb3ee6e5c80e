import sys

sys.path.insert(0, '/app')
sys.path.insert(0, '.')
sys.path.insert(0, 'site-packages')
from depot import tables

print(tables.export([['a', 1]]))
