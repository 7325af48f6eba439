// English words that carry no content: they are neither indexed nor searched.

export const stopwords: ReadonlySet<string> = new Set(
  `a about above after again against ain all also although am an and any anything are aren arent as at be because
  been before being below between both but by can cannot cant could couldn couldnt did didn didnt do does doesn
  doesnt doing don done dont down during each either else ever every few for from further get gets getting got had
  hadn hadnt has hasn hasnt have haven havent having he her here hers herself hey hi him himself his how however i
  if im in into is isn isnt it its itself ive just kind let lets like lot lots may maybe me might mine more most
  much must my myself neither no nor not now of off oh ok okay on once one only onto or other our ours ourselves
  out over own per perhaps quite rather really same shall she should shouldn shouldnt since so some something such
  sure than that thats the their theirs them themselves then there these they thing things this those though
  through thus to too under until up upon us very via was wasn wasnt we well were weren werent what whatever when
  where whether which while who whom whose why will with within without won wont would wouldn wouldnt wow yeah yes
  yet you your yours yourself yourselves`
    .split(/\s+/)
    .filter(Boolean),
)
