"""From a few words to what can be asked: restitutions, measures, activities, establishments and zones."""
