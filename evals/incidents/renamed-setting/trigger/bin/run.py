import sys

sys.path.insert(0, '/app')
sys.path.insert(0, '.')
from depot import warnings

print(warnings.short({'van-1': 2}))
