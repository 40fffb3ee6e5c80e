import sys

sys.path.insert(0, '/app')
sys.path.insert(0, '.')
from depot import parcels, plan

rows = [{'number': 'P7', 'due': '2026-05-04T08:00:00', 'zone': 'north'}]
print(plan.lines([parcels.read(row) for row in rows]))
