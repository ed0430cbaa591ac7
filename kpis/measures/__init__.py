"""All measures of service, supply, money and process, one definition each.

The measures of a forecast's accuracy stand in `demand.accuracy`; the words for all of them in
`kpis.measures.catalogue`.
"""
