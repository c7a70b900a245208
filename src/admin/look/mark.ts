/** The hedgehog's back as the path of an SVG, 24 by 24: spikes over a back, a nose, an eye. */
export const SPIKES =
  "M3 19C1.6 18 1 16.4 1 14.6l2.4-.4L1.9 11l3 .2L4.6 7.4l3.2 1.7L9 5.2l2.4 3L14 5.4l1 3.6 3.2-1.2-.5 3.4c2.2 1 4 2.9 5.3 5.6.4 1.3-.4 2.2-1.7 2.2zM17.2 13a1 1 0 1 0 .01 2 1 1 0 1 0-.01-2z";
