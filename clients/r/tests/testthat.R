library(testthat)
library(sanoscope)

test_check("sanoscope")
